import { Component, type ReactNode } from 'react';

/** Shows a plain message with a way out instead of a blank page when something below it fails to render. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="page">
        <div className="note bad" role="alert" data-testid="error">
          <p>This view could not be shown.</p>
        </div>
        <p>
          <a href="/">Back to the patients</a>
        </p>
      </main>
    );
  }
}

/**
 * Opens an address in a new tab that has no hold of this one. False when it is no web address or the browser did not
 * let the tab open; then show a link instead.
 */
export function openTab(url: string): boolean {
  const { protocol } = new URL(url, location.href);
  if (protocol !== 'https:' && protocol !== 'http:') return false;
  const tab = window.open(url, '_blank');
  if (!tab) return false;
  tab.opener = null;
  return true;
}

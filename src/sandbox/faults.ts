/** A rule that makes matching API requests fail or dawdle. The first matching rule that applies is used. */
export interface FaultInput {
  /** HTTP method; every method when left out. */
  method?: string;
  /** Path from `/api` on. `*` stands for anything, `:name` for one segment. Every API path when left out. */
  path?: string;
  /** Answer this instead of handling the request. */
  status?: number;
  /** JSON body that goes with `status`. */
  body?: unknown;
  /** Headers that go with `status`. */
  headers?: Record<string, string>;
  /** Wait this long, in milliseconds, before the request takes effect or is refused. */
  latencyMs?: number;
  /** Break the connection before the request takes effect. */
  reset?: boolean;
  /** Let the request take effect and then break the connection instead of answering. */
  lost?: boolean;
  /** How many requests the rule hits before it is used up; no bound when left out. */
  count?: number;
  /** Share of matching requests, 0 to 1, that the rule hits; all when left out. */
  share?: number;
  /** How many matching requests pass unharmed first. */
  skip?: number;
}

export interface Fault extends FaultInput {
  id: string;
  /** How many requests the rule has hit. */
  hits: number;
}

/** The rules in force. */
export interface Faults {
  add(fault: FaultInput): Fault;
  /** Removes one rule, or all. */
  clear(id?: string): void;
  list(): Fault[];
  /** The rule that hits this request, counting it; null when none does. */
  take(method: string, path: string): Fault | null;
}

function toPattern(path: string): RegExp {
  const source = path
    .split(/(\*|:[A-Za-z_]+)/)
    .map((part) => {
      if (part === '*') return '.*';
      if (/^:[A-Za-z_]+$/.test(part)) return '[^/]+';
      return part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/** An empty set of rules. `random` decides for rules with a share. */
export function createFaults(random: () => number): Faults {
  const rules: { fault: Fault; pattern: RegExp; skipped: number }[] = [];
  let added = 0;
  return {
    add(input) {
      added += 1;
      const fault: Fault = { ...input, id: `fault-${added}`, hits: 0 };
      rules.push({ fault, pattern: toPattern(input.path ?? '*'), skipped: 0 });
      return fault;
    },
    clear(id) {
      if (id === undefined) rules.length = 0;
      else {
        const at = rules.findIndex((rule) => rule.fault.id === id);
        if (at >= 0) rules.splice(at, 1);
      }
    },
    list: () => rules.map((rule) => rule.fault),
    take(method, path) {
      for (const rule of rules) {
        const { fault } = rule;
        if (fault.method !== undefined && fault.method.toUpperCase() !== method) continue;
        if (!rule.pattern.test(path)) continue;
        if (fault.count !== undefined && fault.hits >= fault.count) continue;
        if (rule.skipped < (fault.skip ?? 0)) {
          rule.skipped += 1;
          continue;
        }
        if (fault.share !== undefined && random() >= fault.share) continue;
        fault.hits += 1;
        return fault;
      }
      return null;
    },
  };
}

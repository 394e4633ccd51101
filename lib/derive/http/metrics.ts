/** A family of numbers in the Prometheus text format (version 0.0.4). */
export interface Metric {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  samples: readonly { labels?: Record<string, string>; value: number }[];
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface Series {
  labels: Record<string, string>;
  counts: number[];
  sum: number;
  total: number;
}

export interface RequestMetrics {
  observe(method: string, route: string, status: number, seconds: number): void;
  text(further: readonly Metric[]): string;
}

/** Requests by route and status, with durations. Routes are patterns, never paths, so their number is bounded. */
export function requestMetrics(): RequestMetrics {
  const series = new Map<string, Series>();
  return {
    observe(method, route, status, seconds) {
      const key = `${method} ${route} ${status}`;
      let one = series.get(key);
      if (!one) {
        one = { labels: { method, route, status: String(status) }, counts: BUCKETS.map(() => 0), sum: 0, total: 0 };
        series.set(key, one);
      }
      const bucket = BUCKETS.findIndex((limit) => seconds <= limit);
      if (bucket >= 0) one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
      one.sum += seconds;
      one.total += 1;
    },
    text(further) {
      const all = [...series.values()];
      const requests: Metric = {
        name: 'dspex_http_requests_total',
        help: 'Requests answered.',
        type: 'counter',
        samples: all.map(({ labels, total }) => ({ labels, value: total })),
      };
      return [...[requests, ...further].map(metricText), durationText(all)].join('');
    },
  };
}

function metricText(metric: Metric): string {
  const lines = metric.samples.map(({ labels, value }) => `${metric.name}${labelText(labels ?? {})} ${value}\n`);
  return `# HELP ${metric.name} ${metric.help}\n# TYPE ${metric.name} ${metric.type}\n${lines.join('')}`;
}

function durationText(all: readonly Series[]): string {
  const name = 'dspex_http_request_duration_seconds';
  const lines = all.flatMap(({ labels, counts, sum, total }) => {
    let below = 0;
    const buckets = BUCKETS.map((limit, i) => {
      below += counts[i] ?? 0;
      return `${name}_bucket${labelText({ ...labels, le: String(limit) })} ${below}\n`;
    });
    return [
      ...buckets,
      `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${total}\n`,
      `${name}_sum${labelText(labels)} ${sum}\n`,
      `${name}_count${labelText(labels)} ${total}\n`,
    ];
  });
  return `# HELP ${name} Time until the answer's head was ready.\n# TYPE ${name} histogram\n${lines.join('')}`;
}

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

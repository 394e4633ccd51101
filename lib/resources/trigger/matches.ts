import { createHash } from 'node:crypto';
import type { Json } from '#lib/base/json';
import type { DomainEvent } from '#lib/ports/events';
import type { Happened, On } from './attributes.ts';

/** An event as triggers see it. `key` is the same however often and however late it is delivered. */
export interface Occurrence {
  key: string;
  happened: Happened;
  /** What filters are compared with. */
  about: {
    program?: string;
    dataset?: string;
    alias?: string | null;
    bucket?: string;
    object?: string;
    chance?: number;
  };
}

type Read = (event: DomainEvent) => Occurrence | null;
const number = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined);
const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

const programVersion: Read = ({ subject, data }) => {
  const version = number(data.version);
  if (version === undefined) return null;
  return { key: `${subject}@${version}`, happened: { programId: subject, version }, about: { program: subject } };
};

/** Which audit events are occurrences of what. */
const READ: { [E in Exclude<On['event'], 'cron'>]: Record<string, Read> } = {
  dataset_version: {
    'Dataset.addVersion': ({ subject, data }) => {
      const version = number(data.version);
      if (version === undefined) return null;
      const happened = { datasetId: subject, datasetVersion: version };
      return { key: `${subject}@${version}`, happened, about: { dataset: subject } };
    },
  },
  program_version: { 'Program.create': programVersion, 'Program.publish': programVersion },
  promotion: {
    'Program.promote': ({ id, subject, data }) => {
      const [version, alias] = [number(data.version), text(data.alias)];
      if (version === undefined || alias === undefined) return null;
      // The same version may be promoted again later; the event's own id tells the two apart.
      const key = `${subject}/${alias}@${version}/${id}`;
      return { key, happened: { programId: subject, version }, about: { program: subject, alias } };
    },
  },
  object_uploaded: {
    'Object.created': ({ subject, data }) => {
      const [bucket, object, etag] = [text(data.bucket), text(data.key), text(data.etag)];
      if (bucket === undefined || object === undefined) return null;
      return { key: `${subject}#${etag ?? ''}`, happened: {}, about: { bucket, object } };
    },
  },
  execution: {
    'Execution.finish': ({ subject, data }) => {
      const programId = text(data.programId);
      const version = number(data.pinned);
      if (data.status !== 'completed' || programId === undefined) return null;
      return {
        ...{
          key: subject,
          happened: { programId, executionId: subject, ...(version === undefined ? {} : { version }) },
        },
        about: { program: programId, alias: text(data.alias) ?? null, chance: chanceOf(subject) },
      };
    },
  },
};

/** The occurrence of that kind an event is; null when it is none. */
export function occurrenceOf(on: On, event: DomainEvent): Occurrence | null {
  return on.event === 'cron' ? null : (READ[on.event][event.type]?.(event) ?? null);
}

/** Filters name records by id here: a trigger keeps ids. */
export function passes(on: On, { about }: Occurrence): boolean {
  const same = (wanted: string | undefined, there: string | null | undefined) =>
    wanted === undefined || wanted === there;
  const tests: { [E in On['event']]: (on: Extract<On, { event: E }>) => boolean } = {
    dataset_version: ({ dataset }) => same(dataset, about.dataset),
    program_version: ({ program }) => same(program, about.program),
    promotion: ({ program, alias }) => same(program, about.program) && same(alias, about.alias),
    object_uploaded: ({ bucket, prefix, suffix }) =>
      same(bucket, about.bucket) && about.object?.startsWith(prefix) === true && about.object.endsWith(suffix),
    cron: () => true,
    execution: ({ program, alias, share }) =>
      same(program, about.program) && same(alias, about.alias) && (about.chance ?? 1) < share,
  };
  return (tests[on.event] as (on: On) => boolean)(on);
}

/** A number in [0, 1) that an id always has: the same executions are chosen whoever asks, and more when the share grows. */
function chanceOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;
}

import { NotFound } from '#lib/base/errors';
import { describe, refuse } from './describe.ts';
import type { ResourceInfo } from './info.ts';
import type { Declaration } from './resource.ts';
import { verifyTogether } from './verify.ts';

/**
 * A resource before its declaration is loaded: what routing, ids and policies need to know of all of them. The rest, its
 * schemas and the code of its actions, comes when somebody asks for it: most processes act on few resources.
 */
export type Noun = Pick<Declaration, 'name' | 'path' | 'idPrefix' | 'internal' | 'policies'>;

export interface LaterNoun extends Noun {
  load: () => Promise<Declaration>;
}

/** The resources of a house. What is said here of one is what its declaration says. */
export interface Nouns {
  /** In the order given, internal ones included. */
  nouns: readonly Noun[];
  /** By name (`Program`); throws NotFound when there is none. */
  noun(name: string): Noun;
  /** The same with all that its declaration says, loaded and verified the first time. */
  resource(name: string): Promise<ResourceInfo>;
  resources(): Promise<readonly ResourceInfo[]>;
}

/** Throws Internal naming everything wrong; of what is loaded later, when it is loaded. */
export function openNouns(given: readonly (Declaration | LaterNoun)[]): Nouns {
  const there = describe(given.filter((one): one is Declaration => !isLater(one)));
  refuse(verifyTogether(given));
  const nouns = given.map((one) => headOf(one));
  const known = new Map(nouns.map((head) => [head.name, head]));
  const loaders = new Map<string, () => ResourceInfo | Promise<ResourceInfo>>([
    ...there.map((info) => [info.name, () => info] as const),
    ...given.filter(isLater).map((noun) => [noun.name, loaderOf(noun)] as const),
  ]);
  const missing = (name: string) => new NotFound('unknown_resource', `there is no resource "${name.slice(0, 80)}"`);
  const resource = async (name: string) => {
    const load = loaders.get(name);
    if (load === undefined) throw missing(name);
    return load();
  };
  return {
    nouns,
    noun(name) {
      const head = known.get(name);
      if (head === undefined) throw missing(name);
      return head;
    },
    resource,
    resources: () => Promise.all(nouns.map(({ name }) => resource(name))),
  };
}

function loaderOf(noun: LaterNoun): () => Promise<ResourceInfo> {
  let loading: Promise<ResourceInfo> | null = null;
  return () => {
    loading ??= loaded(noun);
    // A file that could not be read may be readable the next time.
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
}

async function loaded(noun: LaterNoun): Promise<ResourceInfo> {
  const declaration = await noun.load();
  const [said, found] = [headOf(noun), headOf(declaration)].map((head) => JSON.stringify(head));
  if (said !== found) refuse([`${noun.name}: wanted the declaration of ${said}, there was that of ${found}`]);
  const [info] = describe([declaration]);
  return info as ResourceInfo;
}

function isLater(one: Declaration | LaterNoun): one is LaterNoun {
  return 'load' in one;
}

function headOf({ name, path, idPrefix, internal = false, policies = '' }: Noun): Required<Noun> {
  return { name, path, idPrefix, internal, policies };
}

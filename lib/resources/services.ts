import type { OpenGateway } from '#lib/lm/gateway';
import type { SearchCorpus } from '#lib/module/corpus';
import type { ModuleRouter } from '#lib/module/router/router';
import type { ToolRunners } from '#lib/module/tool/call';
import type { OpenMcp } from '#lib/module/tool/mcp';
import type { Blobs } from '#lib/ports/blobs';
import type { Events } from '#lib/ports/events';
import type { Live } from '#lib/ports/live';
import type { Python } from '#lib/ports/python';
import type { Secrets } from '#lib/ports/secrets';
import type { Store } from '#lib/ports/store';
import type { Workflows } from '#lib/ports/workflows';

/** What actions may use beyond the kernel's context; the composition root of each home provides it. */
export interface Services {
  store: Store;
  blobs: Blobs;
  events: Events;
  live: Live;
  workflows: Workflows;
  gateway: OpenGateway;
  /** What carries out the calls of tools, by kind. */
  tools: ToolRunners;
  openMcp: OpenMcp;
  search: SearchCorpus;
  /** Runs modules, and decides where. */
  modules: ModuleRouter;
  /** `lent` are those that users may name; of the house's own, what we put there under `house.` nobody can name. */
  secrets: { house: Secrets; lent: Pick<Secrets, 'get'> };
  /** Absent where no Python may run. */
  python?: Python;
}

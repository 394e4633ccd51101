import type { ParseArgsConfig } from 'node:util';
import type { Client } from '#lib/derive/client/client';
import type { Cloud } from './cloud.ts';
import type { Screen } from './screen.ts';

/** One command of `dspex`: what it takes, what it does. Exit codes: 0 done, 1 it ran and failed, 2 wrong usage or input. */
export interface Command {
  summary: string;
  /** After `dspex NAME`, such as `PROGRAM [--input JSON]`. */
  usage: string;
  options?: NonNullable<ParseArgsConfig['options']>;
  /** One line an option, by name; every option has one. */
  optionDocs?: Record<string, string>;
  /** `--json FILE` also writes the outcome to a file; the display stays. */
  jsonFile?: true;
  run(call: CommandCall): Promise<number>;
}

export interface CommandCall {
  positionals: string[];
  values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  screen: Screen;
  tools: Tools;
}

/** What the process around the command line hands it; only the composition root knows how it is made. */
export interface Tools {
  version: string;
  environment: Record<string, string | undefined>;
  stdin: AsyncIterable<Uint8Array>;
  /** A client of the server that holds the data folder, or of the folder itself, opened in this process. */
  connect(options: ConnectOptions): Promise<Connection>;
  /** The AWS account of this process's credentials; absent where nothing can be deployed from. */
  cloud?: () => Promise<Cloud>;
  /** Starts the server in this process and resolves when it has ended. */
  serve(options: ServeOptions): Promise<void>;
}

export interface ConnectOptions {
  dataDir: string;
  /** For a new data folder: the model programs use when they name none. */
  model?: string;
  /** Register the scripted model: what it answers is made up, and everything says so. */
  simulate?: boolean;
  onDownload?: (progress: { step: 'runtime' | 'model'; doneBytes: number; totalBytes: number | null }) => void;
}

export interface Connection {
  client: Client;
  /** Where the server is; null when the folder is open in this process. */
  address: string | null;
  close(): Promise<void>;
}

export interface ServeOptions {
  dataDir: string;
  host: string;
  port: number;
  exposed: boolean;
  simulate: boolean;
  model?: string;
  onListening: (server: { address: string; newKey: string | null; keyFile: string }) => void;
}

/** The command line was used wrongly: shown with the usage, exit code 2. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

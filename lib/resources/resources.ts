import { ApiKey } from './api-key/resource.ts';
import { AuditEvent } from './audit-event/resource.ts';
import { Budget } from './budget/resource.ts';
import { Corpus } from './corpus/resource.ts';
import { Dataset } from './dataset/resource.ts';
import { Delivery } from './delivery/resource.ts';
import { Evaluation } from './evaluation/resource.ts';
import { Execution } from './execution/resource.ts';
import { Firing } from './firing/resource.ts';
import { Generation } from './generation/resource.ts';
import { LanguageModel } from './language-model/resource.ts';
import { Metric } from './metric/resource.ts';
import { Module } from './module/resource.ts';
import { Optimization } from './optimization/resource.ts';
import { Optimizer } from './optimizer/resource.ts';
import { Policy } from './policy/resource.ts';
import { Program } from './program/resource.ts';
import { Signature } from './signature/resource.ts';
import { Tool } from './tool/resource.ts';
import { Trial } from './trial/resource.ts';
import { Trigger } from './trigger/resource.ts';
import { Variable } from './variable/resource.ts';
import { Webhook } from './webhook/resource.ts';
import { Workspace } from './workspace/resource.ts';

/** Every noun of the house, in the order a reader meets them. */
export const resources = [
  Signature,
  Module,
  Variable,
  Program,
  Execution,
  Tool,
  Corpus,
  Dataset,
  Metric,
  Evaluation,
  Optimizer,
  Optimization,
  Trial,
  Generation,
  Trigger,
  Firing,
  Webhook,
  Delivery,
  Budget,
  LanguageModel,
  Workspace,
  ApiKey,
  Policy,
  AuditEvent,
];

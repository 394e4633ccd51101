import { describe } from 'vitest';
import { describe as complete } from '#lib/kernel/describe';
import { resources } from '#lib/resources/resources';
import { apiContract } from './contract.ts';
import { openRealHouse, worldOf } from './real-house.ts';

describe('the real house keeps what every house keeps', () => {
  apiContract(complete(resources), async () => worldOf(await openRealHouse()));
});

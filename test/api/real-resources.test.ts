import { describe, expect, test } from 'vitest';
import { routesOf } from '#lib/derive/http/routes';
import { openApi } from '#lib/derive/openapi/document';
import { describe as complete } from '#lib/kernel/describe';
import { resources } from '#lib/resources/resources';
import { apiContract } from './contract.ts';
import { openRealHouse, worldOf } from './real-house.ts';

describe('the real house keeps what every house keeps', () => {
  apiContract(complete(resources), async () => worldOf(await openRealHouse()));
});

test('every schema of the document has a name that somebody gave it', () => {
  const { components } = openApi(routesOf(complete(resources)), { version: '0' }) as {
    components: { schemas: object };
  };
  const names = Object.keys(components.schemas);
  expect(names).toEqual(expect.arrayContaining(['Node', 'FieldType', 'MetricSpec']));
  expect(names.filter((name) => /^Shape|schema\d/.test(name))).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { acceptedBy, filtersOf, methodsAt, routesOf } from '#lib/derive/http/routes';
import { describe as complete } from '#lib/kernel/describe';
import { HOUSE } from '../../api/resources.ts';

const routes = routesOf(complete(HOUSE));

test('the routes of a house, all of them and in plain sight', () => {
  expect(routes.map(({ method, path, operationId }) => `${method} ${path} ${operationId}`)).toEqual([
    'GET /v1/notes/{id} Note.read',
    'GET /v1/notes Note.list',
    'POST /v1/notes Note.create',
    'PATCH /v1/notes/{id} Note.update',
    'DELETE /v1/notes/{id} Note.delete',
    'POST /v1/notes/{id}/seal Note.seal',
    'POST /v1/notes/{id}/touch Note.touch',
    'POST /v1/notes/{id}/count Note.count',
    'POST /v1/notes/{id}/print Note.print',
    'POST /v1/notes/{id}/fail Note.fail',
    'POST /v1/notes/parse Note.parse',
    'POST /v1/notes/load Note.load',
    'GET /v1/notes/{id}/versions Note.versions',
    'GET /v1/notes/{id}/versions/{version} Note.version',
    'GET /v1/notes/{id}/ticks Note.ticks',
    'GET /v1/jobs/{id} Job.read',
    'GET /v1/jobs Job.list',
    'GET /v1/badges/{id} Badge.read',
    'GET /v1/badges Badge.list',
    'POST /v1/badges Badge.create',
    'DELETE /v1/badges/{id} Badge.remove',
  ]);
});

describe('Allow', () => {
  test.each([
    ['/v1/notes', ['GET', 'HEAD', 'OPTIONS', 'POST']],
    ['/v1/notes/not_1', ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH']],
    ['/v1/notes/not_1/seal', ['OPTIONS', 'POST']],
    ['/v1/notes/not_1/versions/3', ['GET', 'HEAD', 'OPTIONS']],
    // An id as well as an action of the collection.
    ['/v1/notes/parse', ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST']],
    ['/v1/notes/', []],
    ['/v1/notes/not_1/', []],
    ['/v1/drawers', []],
    ['/V1/notes', []],
  ])('of %s is %j', (path, methods) => expect(methodsAt(routes, path)).toEqual(methods));
});

test('filters are what the indexes hold, and work is accepted where it is declared', () => {
  const [note, job] = complete(HOUSE);
  if (!note || !job) throw new Error('the house has lost its rooms');
  expect([filtersOf(note), filtersOf(job)]).toEqual([['colour', 'state'], ['noteId']]);
  const accepting = Object.values(note.actions).filter((action) => acceptedBy(action, note) !== null);
  expect(accepting.map(({ name }) => name)).toEqual(['print']);
});

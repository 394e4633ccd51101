import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { Program } from '../../cdk/program.ts';

const FILE = 'examples/support-triage/program.yaml';

function template(file = FILE): { template: Template; program: Program } {
  const stack = new Stack(new App(), 'Programs', { env: { account: '123456789012', region: 'eu-central-1' } });
  const program = new Program(stack, 'Triage', { file, stage: 'prod' });
  return { template: Template.fromStack(stack), program };
}

describe('a program in a template', () => {
  it('is a traced Standard machine whose states are the nodes of its graph, calling the step of its stage', () => {
    const { template: made } = template();
    const [machine, ...others] = Object.values(made.findResources('AWS::StepFunctions::StateMachine'));
    expect(others).toEqual([]);
    const { Properties } = machine as { Properties: Record<string, unknown> };
    expect(Properties).toMatchObject({
      ...{ StateMachineName: 'dspex-prod-program-support-triage', StateMachineType: 'STANDARD' },
      TracingConfiguration: { Enabled: true },
    });
    const text = JSON.stringify(Properties.DefinitionString);
    for (const node of ['classify', 'prioritize', 'draft']) expect(text).toContain(`\\"${node}\\"`);
    expect(text).toContain('function:dspex-prod-step:live');
    expect(JSON.stringify(Properties.RoleArn)).toContain('role/dspex-prod-machine');
    expect(text).not.toMatch(/Sort the ticket|payment/);
  });

  it("brings no rights of its own: they are those of the house's machines", () => {
    const { template: made } = template();
    made.resourceCountIs('AWS::IAM::Policy', 0);
    made.resourceCountIs('AWS::IAM::Role', 0);
  });

  it('is the same for the same file', () => {
    expect(template().program.definition).toBe(template().program.definition);
    expect(template().program.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('what is no program is refused with its place', () => {
    expect(() => template('package.json')).toThrow(/package\.json is not a program: \/graph\//);
    expect(() => template('nowhere.yaml')).toThrow('nowhere.yaml cannot be read as YAML or JSON');
    expect(() => template('examples/support-triage/tickets.jsonl')).toThrow();
  });
});

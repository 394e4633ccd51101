/**
 * The house and a program in one app: `npx cdk deploy --all --app "node examples/deployed/app.ts"`. The program's graph
 * stands in the template, so a change of it shows in `cdk diff`.
 */
import { App, Stack } from 'aws-cdk-lib';
import { Dspex, Program } from '../../cdk/constructs.ts';

const app = new App();
const stage = 'triage';
const house = new Dspex(app, 'Dspex', { stage, edge: false, python: false });
const programs = new Stack(app, 'Programs', { stackName: `dspex-${stage}-programs` });
new Program(programs, 'SupportTriage', { file: 'examples/support-triage/program.yaml', stage });
programs.addStackDependency(house.engine, 'its tasks call the step');
app.synth();

import { App } from 'aws-cdk-lib';
import { Dspex } from './dspex.ts';
import { checked } from './nag.ts';
import { stageNamed } from './stages.ts';

const app = new App();
const { stacks } = new Dspex(app, 'Dspex', stageNamed(app.node.tryGetContext('stage')));
checked(app, stacks);
app.synth();

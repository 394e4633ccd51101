import { App } from 'aws-cdk-lib';
import { Dspex } from './dspex.ts';
import { isSet, WITHOUT_LAYER } from './emulator.ts';
import { checked } from './nag.ts';
import { stageNamed } from './stages.ts';

const app = new App();
const { stacks } = new Dspex(app, 'Dspex', stageNamed(app.node.tryGetContext('stage')));
if (isSet(app, WITHOUT_LAYER))
  console.error(`Without Python: ${WITHOUT_LAYER} was said. A deployment has it (npm run layer).`);
checked(app, stacks);
app.synth();

import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { DspexStack } from '../stacks/stack.ts';
import { type Grant, statements } from './grants.ts';

/** A function's own role: its log, its traces, what it is granted, and nothing of a managed policy. */
export function functionRole(stack: DspexStack, name: string, grants: readonly Grant[]): Role {
  const role = new Role(stack, `Role-${name}`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const logs = stack.arn('logs', `log-group:${stack.names.logs(name)}:log-stream:*`);
  role.addToPolicy(new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logs] }));
  // X-Ray knows no resources.
  role.addToPolicy(
    new PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] }),
  );
  if (stack.config.vpc !== undefined)
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        resources: ['*'],
      }),
    );
  for (const grant of grants) for (const statement of statements(stack, grant)) role.addToPolicy(statement);
  return role;
}

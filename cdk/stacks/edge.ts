import { CfnOutput, Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { DspexStack, type StackParts } from './stack.ts';

/** One host name before everything: TLS, security headers, the API and its reference page. */
export class EdgeStack extends DspexStack {
  constructor(scope: Construct, parts: StackParts) {
    super(scope, 'edge', parts, { doc: 'dspex: one host name' });
    const { config, names } = this;
    const told = (what: string) => StringParameter.valueForStringParameter(this, names.parameter(what));
    const origin = new HttpOrigin(told('api-host'), {
      protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
      // Round CloudFront there is no way: the API answers only requests with this header.
      customHeaders: { 'x-dspex-origin': told('origin-header') },
      readTimeout: Duration.seconds(60),
      keepaliveTimeout: Duration.seconds(60),
    });
    const headers = new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: names.prefix,
      securityHeadersBehavior: {
        strictTransportSecurity: { accessControlMaxAge: Duration.days(730), includeSubdomains: true, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      },
      removeHeaders: ['server', 'x-powered-by'],
    });
    const common = {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      responseHeadersPolicy: headers,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: true,
    };
    // Nothing of a workspace is ever kept at the edge; the reference page is the same for everybody.
    const kept = {
      ...common,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
    };
    const distribution = new Distribution(this, 'Distribution', {
      comment: names.prefix,
      httpVersion: HttpVersion.HTTP2_AND_3,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultBehavior: {
        ...common,
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
      },
      additionalBehaviors: { '/docs/*': kept },
      ...(config.domain === undefined
        ? {}
        : {
            domainNames: [config.domain.name],
            certificate: Certificate.fromCertificateArn(this, 'Certificate', config.domain.certificateArn),
          }),
    });
    new CfnOutput(this, 'Url', {
      value: `https://${config.domain?.name ?? distribution.distributionDomainName}/`,
      description: 'The address of the house',
    });
  }
}

/** Of docs/generated/schema.cedarschema; derived, like that file, by .ci/generated.mjs. */
export const SCHEMA_NAME = 'bd77ce7a3b5571c608157cf1fedf1afd571765c29761d396f0e8d4635ac3fc23';

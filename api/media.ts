/** The media types that the API speaks. */
export const JSON_TYPE = 'application/json'
export const MERGE_PATCH_TYPE = 'application/merge-patch+json'
export const PROBLEM_TYPE = 'application/problem+json'
export const PROTOBUF_TYPE = 'application/x-protobuf'
export const YAML_TYPE = 'application/yaml'

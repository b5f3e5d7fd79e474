const OBJECT_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether an object of ours could have the name: a DNS subdomain. */
export function isObjectName(text: string): boolean {
  return OBJECT_NAME.test(text);
}

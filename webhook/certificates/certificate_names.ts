/** Where certificates are kept, who trusts them, and what they are for. */
export interface CertificateNames {
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secret: string;
  /** Name of the ValidatingWebhookConfiguration and of the MutatingWebhookConfiguration. */
  readonly configuration: string;
  /** DNS names and addresses that API servers may call the webhook by. */
  readonly hosts: readonly string[];
}

/** The installation's names in another namespace. */
export function namesOf(namespace: string): CertificateNames {
  const name = "danm-webhook";
  const service = `${name}.${namespace}`;
  return { namespace, secret: `${name}-tls`, configuration: name, hosts: [`${service}.svc`, service, name] };
}

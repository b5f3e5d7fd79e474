import { assertEquals } from "@std/assert";
import { stringify } from "yaml";
import { escapeTemplate, parametrise } from "./parametrise.ts";

/** What an object is as a template. */
function template(kind: string, content: Record<string, unknown>): string {
  return escapeTemplate(stringify(parametrise({ kind, metadata: { name: "one" }, ...content }), { lineWidth: 0 }));
}

Deno.test("braces of an object are no actions", () => {
  assertEquals(
    template("Service", { data: { text: "{{ .Values }} and }}" } }),
    `kind: Service\nmetadata:\n  name: one\ndata:\n  text: "{{ "{{" }} .Values }} and }}"\n`,
  );
});

Deno.test("images have the repository and the tag of the values, and a policy if there is one", () => {
  const text = template("DaemonSet", { spec: [{ image: "danm.local/installer:1.2.3", name: "a" }] });
  assertEquals(
    text.split("\n").slice(3),
    [
      "spec:",
      "  - image: {{ .Values.image.repository }}/installer:{{ .Values.image.tag }}",
      "    {{- with $.Values.image.pullPolicy }}",
      "    imagePullPolicy: {{ . }}",
      "    {{- end }}",
      "    name: a",
      "",
    ],
  );
});

Deno.test("a schema that has a property called image is no container", () => {
  const properties = { image: { type: "string" }, replicas: 2 };
  const text = template("Service", { properties });
  assertEquals(text.includes("Values"), false);
});

Deno.test("kinds stay when the release goes, and keep their annotations", () => {
  const object = { kind: "CustomResourceDefinition", metadata: { name: "one", annotations: { a: "b" } } };
  assertEquals(parametrise(object).metadata.annotations, { a: "b", "helm.sh/resource-policy": "keep" });
});

import { callUnary } from "../../../cni/devices/grpc_call.ts";
import { DevicePluginServer } from "./device_plugin_server.ts";
import { encodeMessage, type Field, fieldsOf } from "./messages.ts";

/** What a device plugin offers. */
export interface DevicePluginOptions {
  /** The folder of the kubelet's socket, and of those of all plugins. */
  readonly dir: string;
  /** As in `vendor.com/sriov_net`. */
  readonly resource: string;
  readonly devices: readonly string[];
}

/**
 * A device plugin: offers devices, all of them healthy, to a kubelet.
 *
 * @see https://github.com/kubernetes/kubelet/blob/v0.36.3/pkg/apis/deviceplugin/v1beta1/api.proto
 */
export class DevicePlugin implements AsyncDisposable {
  /** Ids of each call of Allocate, in ascending order: one call for each container that gets devices. */
  readonly allocated: string[][] = [];
  readonly #options: DevicePluginOptions;
  readonly #ended = Promise.withResolvers<void>();
  #server: DevicePluginServer | undefined;

  private constructor(options: DevicePluginOptions) {
    this.#options = options;
  }

  /**
   * Starts a plugin and registers it.
   *
   * @throws {Error} when the kubelet does not take it
   */
  static async start(options: DevicePluginOptions): Promise<DevicePlugin> {
    const plugin = new DevicePlugin(options);
    await using undo = new AsyncDisposableStack();
    undo.use(plugin);
    await plugin.#serve();
    undo.move();
    return plugin;
  }

  async #serve(): Promise<void> {
    const { dir, resource } = this.#options;
    const endpoint = `${resource.replaceAll("/", "-")}.sock`;
    const service = "/v1beta1.DevicePlugin";
    this.#server = await DevicePluginServer.start(`${dir}/${endpoint}`, {
      [`${service}/GetDevicePluginOptions`]: () => [new Uint8Array()],
      [`${service}/ListAndWatch`]: () => this.#listAndWatch(),
      [`${service}/Allocate`]: (message) => [this.#allocate(message)],
    });
    await callUnary("/v1beta1.Registration/Register", {
      socketPath: `${dir}/kubelet.sock`,
      message: encodeMessage([1, "v1beta1"], [2, endpoint], [3, resource]),
      signal: AbortSignal.timeout(10_000),
    });
  }

  async *#listAndWatch(): AsyncGenerator<Uint8Array> {
    yield encodeMessage(
      ...this.#options.devices.map((id): Field => [1, encodeMessage([1, id], [2, "Healthy"])]),
    );
    await this.#ended.promise;
  }

  /** Nothing has to be done in a container for it to have one of these devices. */
  #allocate(request: Uint8Array): Uint8Array {
    const containers = fieldsOf(request, 1);
    const decoder = new TextDecoder();
    for (const each of containers) this.allocated.push(fieldsOf(each, 1).map((id) => decoder.decode(id)).sort());
    return encodeMessage(...containers.map((): Field => [1, new Uint8Array()]));
  }

  /** Ends the plugin, as its Pod's end would: the devices become unhealthy. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.resolve();
    await this.#server?.[Symbol.asyncDispose]();
  }
}

import { MemoryObjectStore } from "../tests/support/ipam/memory_object_store.ts";
import { objectStoreContract } from "../tests/support/ipam/object_store_contract.ts";
import { assertEquals } from "@std/assert";
import { lazyObjectStore } from "./object_store.ts";

Deno.test("the store in memory keeps the contract", (t) => objectStoreContract(t, new MemoryObjectStore()));

Deno.test("the lazy store keeps the contract, and connects only when it is asked", async (t) => {
  let connections = 0;
  const store = new MemoryObjectStore();
  const lazy = lazyObjectStore(() => {
    connections++;
    return Promise.resolve(store);
  });
  assertEquals(connections, 0);
  await objectStoreContract(t, lazy);
});

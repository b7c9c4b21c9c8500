// A server is connected by a form, and while it is chosen the window says where pictures go.
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, it } from "vitest";
import { open } from "../../tests/open-app";

afterEach(cleanup);

async function connections() {
  const app = await open();
  app.ui.send({ is: "show", overlay: { at: "settings", page: "connections" } });
  await screen.findByTestId("server-name");
  return app;
}
const type = (field: string, value: string) => fireEvent.input(screen.getByTestId(`server-${field}`), { target: { value } });
const leaves = () => screen.getByTestId("leaves").textContent;
const told = () => screen.getByTestId("server-connected").textContent.trim();

async function connect(name: string, url: string, key = ""): Promise<void> {
  await type("name", name);
  await type("url", url);
  await type("key", key);
  await fireEvent.click(screen.getByTestId("connect-server"));
}

it("a server is connected, chosen and forgotten, and the window says where pictures go", async () => {
  const { fake, ui } = await connections();
  expect(screen.getByTestId<HTMLButtonElement>("connect-server").disabled).toBe(true);
  await connect("desk", "https://gpu.example/v1", "sk-secret");
  await waitFor(() => expect(told()).toBe("pixtral-12b at gpu.example is in the list of models now."));
  expect(fake.calls).toContain("connectServer desk https://gpu.example/v1");
  // The key is not kept in the form.
  expect(screen.getByTestId<HTMLInputElement>("server-key").value).toBe("");
  await screen.findByTestId("server");
  expect(leaves()).toBe("Nothing leaves this computer");
  await fireEvent.click(screen.getByText("Use this model"));
  await waitFor(() => expect(leaves()).toBe("Pictures go to gpu.example"));
  ui.run("trust");
  await waitFor(() => expect(screen.getByTestId("trust-words").textContent).toMatch(/^Pictures and questions go to gpu\.example/));
  ui.run("models");
  await waitFor(() => expect(screen.getByTestId("remote").textContent).toBe("remote"));
  ui.send({ is: "chooseModel", id: "pocket" });
  await waitFor(() => expect(leaves()).toBe("Nothing leaves this computer"));
  ui.send({ is: "show", overlay: { at: "settings", page: "connections" } });
  await fireEvent.click(await screen.findByText("Forget"));
  await waitFor(() => expect(screen.queryByTestId("server")).toBeNull());
  expect(fake.calls).toContain("forgetServer desk");
});

it("a server that is not there is said, and the form stays as it is", async () => {
  await connections();
  await connect("desk", "https://nobody.example/v1");
  await screen.findByText(/nobody\.example cannot be reached: connection refused\./);
  expect(told()).toBe("");
  expect(screen.getByTestId<HTMLInputElement>("server-url").value).toBe("https://nobody.example/v1");
});

it("a server that does not answer is asked no longer when the person says so", async () => {
  await connections();
  await connect("desk", "https://slow.example/v1");
  expect(screen.getByTestId("connect-server").textContent.trim()).toBe("Asking the server …");
  await fireEvent.click(screen.getByTestId("cancel-connect"));
  await waitFor(() => expect(screen.queryByTestId("cancel-connect")).toBeNull());
  expect([told(), screen.queryByTestId("server")]).toEqual(["", null]);
  expect(screen.getByTestId<HTMLInputElement>("server-url").value).toBe("https://slow.example/v1");
});

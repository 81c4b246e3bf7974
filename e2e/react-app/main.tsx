// Mounts the application in strict mode, which mounts every component twice.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./wire.js";
import { App } from "./app.js";

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );

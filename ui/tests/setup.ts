import "./polyfills";

// express 4 is installed under an alias and brings no types; what the tests use of it is the same in 5.
declare module "express4" {
  import express from "express";
  export default express;
}

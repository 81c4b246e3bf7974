export async function checkTable() {
  return [];
}
export async function writeTable() {}

/** Templates are built node by node, never through innerHTML: the pages forbid every Trusted Types policy. */
export default {
  compilerOptions: { fragments: 'tree', runes: true },
};

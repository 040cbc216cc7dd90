/**
 * The browser's floors: seal (ground) and wire below, usecases on both, pages on top.
 * A line that climbs is a build failure; `npx depcruise src --config` shows it.
 */
const SEAL_INSIDE = '^src/seal/(body|kem|kem_native|kem_script|kem_vector|curves_script|stanza|argon2|argon2_worker|argon2_aside)\\.ts$'

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two modules that need each other are one module, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'seal-stands-alone',
      comment: 'Whoever reviews the sealing reads one folder and the named libraries: it imports nothing of ours.',
      severity: 'error',
      from: { path: '^src/seal/' },
      to: { path: '^src/', pathNot: '^src/seal/' },
    },
    {
      name: 'wire-knows-only-types',
      comment: 'The wire carries bytes; it neither opens nor seals nor decides.',
      severity: 'error',
      from: { path: '^src/wire/' },
      to: { path: '^src/', pathNot: '^src/wire/' },
    },
    {
      name: 'usecases-import-seal-and-wire',
      severity: 'error',
      from: { path: '^src/usecases/' },
      to: { path: '^src/', pathNot: '^src/(usecases|seal|wire)/' },
    },
    {
      name: 'pages-import-usecases-and-words',
      comment: 'A page that seals or fetches by itself escapes the tests of the use cases. Types and refusals may be named.',
      severity: 'error',
      from: { path: '^src/pages/' },
      to: { path: '^src/(seal|wire)/', pathNot: '^src/(seal/(errors|bytes)|wire/(problem|types))\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'content-keys-stay-inside',
      comment: 'These modules handle content keys and raw primitives; only the sealing itself may call them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/seal/' },
      to: { path: SEAL_INSIDE },
    },
    {
      name: 'no-dev-dependency-in-the-bundle',
      severity: 'error',
      from: { path: '^src/seal/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'browser', 'default'] },
  },
}

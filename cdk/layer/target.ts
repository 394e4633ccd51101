/** What the layer is built for. */
export const PYTHON_VERSION = '3.13';
export const PLATFORMS = { arm64: 'manylinux2014_aarch64', x86_64: 'manylinux2014_x86_64' } as const;
export type LayerArchitecture = keyof typeof PLATFORMS;

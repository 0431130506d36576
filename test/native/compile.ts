/** BPF programs made while tests run: clang is there, for the build needs it. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ARCHITECTURE = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string]

/** The ELF file of a C program. */
export function compile(source: string): Uint8Array {
  const options = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-Werror']
  const headers = ['-idirafter', `/usr/include/${ARCHITECTURE}-linux-gnu`]
  const program = ['-x', 'c', '-c', '-', '-o', '-']
  return execFileSync('clang-19', [...options, ...headers, ...program], { input: source })
}

export const compileSample = (): Uint8Array =>
  compile(readFileSync(`${import.meta.dirname}/sample.bpf.c`, 'utf8'))

#!/usr/bin/env node
import { handOver } from '../../../infra/hand-over.mjs'

handOver(new URL('../src/main.ts', import.meta.url))

#!/usr/bin/env node
import { handOver } from '../../hand-over.mjs'

handOver(new URL('../src/munjigi.ts', import.meta.url))

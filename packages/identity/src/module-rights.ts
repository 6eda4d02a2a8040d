import type { CaseRole } from '@munjigi/contracts/case-roles'
import type { SYSTEM_ROLES } from './roles.ts'

export type ModuleName = 'canvas' | 'vision' | 'synapse' | 'oracle' | 'weaver'
type SystemRole = (typeof SYSTEM_ROLES)[number]

/** What one cell of the source lets somebody do in one module. */
export interface ModuleRight {
  /** The source's own words. */
  readonly description: string
  readonly capabilities: readonly string[]
  /** Held only in cases in which a case role brings the same (담당 케이스, 소속 케이스). */
  readonly inOwnCases?: readonly string[]
}

const READ = { description: '읽기 전용', capabilities: ['read'] }
const QUERY = { description: 'NL2SQL 쿼리', capabilities: ['read', 'nl2sql:query'] }
const SCENARIO_CRUD = ['scenario:create', 'scenario:read', 'scenario:update', 'scenario:delete']
const ONTOLOGY_CRUD = ['ontology:create', 'ontology:read', 'ontology:update', 'ontology:delete']
const OWN_CASE_CRUD = { description: '소속 케이스 CRUD', capabilities: [], inOwnCases: ONTOLOGY_CRUD }
// Whose cases these are is said by the case roles: reading too is of cases one has a role in (source 003 §5.3).
const OWN_CASE_READ = { description: '읽기 전용', capabilities: [], inOwnCases: ['ontology:read'] }

/** Source 003 §5.1: what a system role may do in each module. */
export const SYSTEM_RIGHTS: Record<SystemRole, Record<ModuleName, ModuleRight>> = {
  admin: {
    canvas: { description: '전체 + 사용자/권한 관리', capabilities: ['all', 'users:manage', 'rights:manage'] },
    vision: { description: '모든 작업, 큐브 관리, ETL', capabilities: ['all', 'cube:manage', 'etl:run'] },
    synapse: { description: '전체 CRUD + 배치 작업', capabilities: ['all', 'batch:run'] },
    oracle: { description: '전체 (SQL Guard 관리)', capabilities: ['all', 'sql-guard:manage'] },
    weaver: { description: '전체 (데이터소스 관리)', capabilities: ['all', 'datasource:manage'] },
  },
  manager: {
    canvas: { description: '대시보드, 문서 승인, Watch', capabilities: ['dashboard', 'document:approve', 'watch'] },
    vision: {
      description: '시나리오 생성/수정, 분석',
      capabilities: ['scenario:create', 'scenario:update', 'analysis:run'],
    },
    synapse: OWN_CASE_CRUD,
    oracle: QUERY,
    weaver: READ,
  },
  attorney: {
    canvas: {
      description: '문서 CRUD, HITL 리뷰',
      capabilities: ['document:create', 'document:read', 'document:update', 'document:delete', 'hitl:review'],
    },
    vision: { description: '담당 케이스 시나리오 CRUD', capabilities: [], inOwnCases: SCENARIO_CRUD },
    synapse: OWN_CASE_CRUD,
    oracle: QUERY,
    weaver: READ,
  },
  analyst: {
    canvas: { description: 'OLAP, What-if, NL2SQL', capabilities: ['olap', 'what-if', 'nl2sql:query'] },
    vision: { description: '담당 케이스 분석 실행', capabilities: [], inOwnCases: ['analysis:run'] },
    synapse: OWN_CASE_READ,
    oracle: QUERY,
    weaver: READ,
  },
  engineer: {
    canvas: { description: '데이터소스, 온톨로지, NL2SQL', capabilities: ['datasource', 'ontology', 'nl2sql:query'] },
    vision: READ,
    synapse: { description: '스키마 편집', capabilities: ['schema:edit'] },
    oracle: QUERY,
    weaver: { description: '데이터소스 관리', capabilities: ['read', 'datasource:manage'] },
  },
  staff: {
    canvas: { description: '할당 작업 처리', capabilities: ['assigned-task:process'] },
    vision: READ,
    synapse: OWN_CASE_READ,
    oracle: READ,
    weaver: READ,
  },
  viewer: {
    canvas: READ,
    vision: { description: '결과 조회만', capabilities: ['result:read'] },
    synapse: OWN_CASE_READ,
    oracle: READ,
    weaver: READ,
  },
}

/** Source 003 §5.2: what a case role brings in the modules that know cases. */
export const CASE_RIGHTS: Record<CaseRole, Record<'vision' | 'synapse', ModuleRight>> = {
  trustee: {
    vision: {
      description: '시나리오 CRUD, 분석 실행',
      capabilities: ['result:read'],
      inOwnCases: [...SCENARIO_CRUD, 'analysis:run'],
    },
    synapse: {
      description: '온톨로지 CRUD (해당 케이스)',
      capabilities: ['ontology:read'],
      inOwnCases: ONTOLOGY_CRUD,
    },
  },
  reviewer: {
    vision: { description: '결과 조회, 승인', capabilities: ['result:read', 'result:approve'] },
    synapse: { description: 'HITL 검토 (해당 케이스)', capabilities: ['hitl:review'] },
  },
  viewer: {
    vision: { description: '결과 조회만', capabilities: ['result:read'] },
    synapse: { description: '읽기 전용 (해당 케이스)', capabilities: ['ontology:read'] },
  },
}

import { invalidField } from '@munjigi/server/invalid-field'
import type { PersonChange } from '../admin/person-change.ts'
import { superuserRequired } from '../problems.ts'
import { endEverything } from '../sessions/end-everything.ts'
import { tenants } from './tenants.ts'

/** Sessions and API keys end and case roles go, for they were of the old tenant; role and sections stay with the person. */
export const moveToTenant =
  (tenantId: string): PersonChange =>
  async ({ trx, actor, target }) => {
    if (!actor.superuser) throw superuserRequired()
    const tenant = await tenants(trx).find(tenantId)
    if (!tenant) throw invalidField('tenant_id', 'is no tenant')
    if (target.tenant_id === tenant.id) return undefined
    await trx.deleteFrom('case_roles').where('person_sub', '=', target.sub).execute()
    await trx.updateTable('people').set({ tenant_id: tenant.id }).where('sub', '=', target.sub).execute()
    await endEverything(trx, target.sub)
    return { action: 'person.tenant-set', details: { from: target.tenant_id, to: tenant.id } }
  }

import type { Migration } from '@munjigi/db/migrate'

// The ids are those of the gateway that knew them by heart (source 004), and the one for revealing credentials.
export const sections: Migration = {
  name: '0002-sections',
  up: `
    create table sections (
      id text constraint sections__id primary key
        constraint sections__id_form check (id ~ '^[a-z][a-z0-9-]{0,62}$'),
      title_ko text not null,
      title_en text not null,
      created_at timestamptz not null default now()
    );

    create table section_grants (
      person_sub text not null constraint section_grants__person_sub references people,
      section_id text not null constraint section_grants__section_id references sections on delete cascade,
      level text not null constraint section_grants__level check (level in ('user', 'admin')),
      constraint section_grants__person_section primary key (person_sub, section_id)
    );
    create index section_grants__section on section_grants (section_id);

    create table groups (
      id text constraint groups__id primary key constraint groups__id_form check (id ~ '^[a-z][a-z0-9-]{0,62}$'),
      title text not null,
      created_at timestamptz not null default now()
    );

    create table group_sections (
      group_id text not null constraint group_sections__group_id references groups on delete cascade,
      section_id text not null constraint group_sections__section_id references sections on delete cascade,
      level text not null constraint group_sections__level check (level in ('user', 'admin')),
      constraint group_sections__group_section primary key (group_id, section_id)
    );
    create index group_sections__section on group_sections (section_id);

    create table group_members (
      group_id text not null constraint group_members__group_id references groups on delete cascade,
      person_sub text not null constraint group_members__person_sub references people,
      constraint group_members__group_person primary key (group_id, person_sub)
    );
    create index group_members__person on group_members (person_sub);

    insert into sections (id, title_ko, title_en) values
      ('canvas', '캔버스', 'Canvas'),
      ('workflows', '워크플로', 'Workflows'),
      ('documents', '문서', 'Documents'),
      ('tool-storage', '도구 보관함', 'Tool storage'),
      ('tool-store', '도구 스토어', 'Tool store'),
      ('auth-profile', '인증 프로필', 'Auth profiles'),
      ('prompt-store', '프롬프트 스토어', 'Prompt store'),
      ('scenario-recorder', '시나리오 기록', 'Scenario recorder'),
      ('data-station', '데이터 스테이션', 'Data station'),
      ('data-storage', '데이터 보관함', 'Data storage'),
      ('train', '학습', 'Training'),
      ('train-monitor', '학습 모니터', 'Training monitor'),
      ('eval', '평가', 'Evaluation'),
      ('model-storage', '모델 보관함', 'Model storage'),
      ('model-upload', '모델 올리기', 'Model upload'),
      ('model-hub', '모델 허브', 'Model hub'),
      ('model-inference', '모델 추론', 'Model inference'),
      ('session-station', '세션 스테이션', 'Session station'),
      ('admin-page', '관리', 'Administration'),
      ('ml-model-control', 'ML 모델 관리', 'ML model control'),
      ('auth-profile-store', '인증 프로필 스토어', 'Auth profile store'),
      ('auth-profile-reveal', '인증 정보 보기', 'Auth profile reveal');
  `,
}

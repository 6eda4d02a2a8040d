import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

/** The green of Goryeo celadon. */
const celadon: MantineColorsTuple = [
  '#eef8f4',
  '#dcefe7',
  '#b6dece',
  '#8dccb3',
  '#6cbd9d',
  '#52ad8b',
  '#3b9575',
  '#2a7d61',
  '#1f6b55',
  '#125241',
]

const dark: MantineColorsTuple = [
  '#d9dedc',
  '#b4bcb9',
  '#8c9693',
  '#69736f',
  '#3c4643',
  '#2e3735',
  '#242c2a',
  '#1b2220',
  '#151a19',
  '#0e1211',
]

const fontFamily =
  '"Pretendard Variable", Pretendard, -apple-system, BlinkMacSystemFont, system-ui, "Apple SD Gothic Neo", ' +
  '"Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", sans-serif'

export const theme = createTheme({
  colors: { celadon, dark },
  primaryColor: 'celadon',
  primaryShade: 8,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily,
  headings: { fontFamily, fontWeight: '700', sizes: { h1: { fontSize: '1.75rem', lineHeight: '1.3' } } },
  respectReducedMotion: true,
})

/** Where Mantine's own greys and tints are too faint to read (WCAG 2.2 §1.4.3) or to see. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#59635f', '--mantine-color-error': '#c92a2a' },
  dark: {
    '--mantine-color-body': '#191f1e',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-celadon-light': 'rgba(82, 173, 139, 0.2)',
    '--mantine-color-celadon-light-color': 'var(--mantine-color-celadon-2)',
  },
})

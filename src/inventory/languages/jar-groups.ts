/**
 * Widely used libraries whose archives do not say their group, by the first words of
 * their names; the longest counts.
 */
const GROUPS: readonly (readonly [words: string, group: string])[] = [
  ['spring', 'org.springframework'],
  ['spring-boot', 'org.springframework.boot'],
  ['spring-security', 'org.springframework.security'],
  ['spring-data', 'org.springframework.data'],
  ['spring-cloud', 'org.springframework.cloud'],
  ['spring-kafka', 'org.springframework.kafka'],
  ['spring-batch', 'org.springframework.batch'],
  ['spring-integration', 'org.springframework.integration'],
  ['spring-session', 'org.springframework.session'],
  ['spring-ws', 'org.springframework.ws'],
  ['spring-amqp', 'org.springframework.amqp'],
  ['spring-rabbit', 'org.springframework.amqp'],
  ['tomcat-embed', 'org.apache.tomcat.embed'],
  ['tomcat', 'org.apache.tomcat'],
  ['hibernate-core', 'org.hibernate.orm'],
  ['kotlin-stdlib', 'org.jetbrains.kotlin'],
  ['kotlin-reflect', 'org.jetbrains.kotlin'],
  ['okhttp', 'com.squareup.okhttp3'],
  ['okio', 'com.squareup.okio'],
  ['micrometer', 'io.micrometer'],
  ['reactor-core', 'io.projectreactor'],
  ['reactor-netty', 'io.projectreactor.netty'],
  ['groovy', 'org.apache.groovy'],
  ['kafka-clients', 'org.apache.kafka'],
  ['lucene', 'org.apache.lucene'],
  ['asm', 'org.ow2.asm'],
]

export function groupOf(artifact: string): string | undefined {
  return GROUPS.filter(([words]) => artifact === words || artifact.startsWith(`${words}-`)).sort(
    ([a], [b]) => b.length - a.length,
  )[0]?.[1]
}

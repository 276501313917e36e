export type SnippetKind = 'docker' | 'github' | 'gitlab' | 'jenkins' | 'kubernetes'

export interface SnippetPlace {
  /** Of the registry, as image names have it. */
  readonly host: string
  /** What tokens of workloads are for: the registry's address. */
  readonly origin: string
  readonly robot: string
  readonly repository: string
}

interface Snippet {
  readonly label: string
  readonly text: string
}

/** What is copied into a pipeline: with the secret of a variable BERTH_SECRET, or with a token that the pipeline is given. */
export function snippetsFor(kind: SnippetKind, place: SnippetPlace, hasSecret: boolean): readonly Snippet[] {
  if (kind === 'docker') return docker(place)
  if (kind === 'jenkins') return jenkins(place)
  if (kind === 'kubernetes') return kubernetes(place)
  if (kind === 'gitlab') return hasSecret ? gitlab(place) : gitlabVouched(place)
  return hasSecret ? github(place) : githubVouched(place)
}

function docker({ host, robot }: SnippetPlace): readonly Snippet[] {
  return [{ label: 'Asks for the secret', text: `docker login ${host} -u ${robot}` }]
}

function github({ host, robot, repository }: SnippetPlace): readonly Snippet[] {
  return [
    { label: 'Once, where the repository is: asks for the secret', text: 'gh secret set BERTH_SECRET' },
    {
      label: '.github/workflows/image.yml',
      text: `on:
  push:
    branches: [main]
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/login-action@v3
        with:
          registry: ${host}
          username: ${robot}
          password: \${{ secrets.BERTH_SECRET }}
      - run: docker build -t "${host}/${repository}:$GITHUB_SHA" .
      - run: docker push "${host}/${repository}:$GITHUB_SHA"
`,
    },
  ]
}

function githubVouched({ host, origin, robot, repository }: SnippetPlace): readonly Snippet[] {
  return [
    {
      label: '.github/workflows/image.yml',
      text: `on:
  push:
    branches: [main]
permissions:
  contents: read
  id-token: write
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: docker build -t "${host}/${repository}:$GITHUB_SHA" .
      # After the build: the token lives some minutes.
      - run: |
          curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
            "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${origin}" | jq -r .value |
            docker login ${host} -u ${robot} --password-stdin
      - run: docker push "${host}/${repository}:$GITHUB_SHA"
`,
    },
  ]
}

function gitlab({ host, robot, repository }: SnippetPlace): readonly Snippet[] {
  return [
    {
      label: '.gitlab-ci.yml, with the secret in a masked variable BERTH_SECRET',
      text: `image:
  image: docker:28
  services: [docker:28-dind]
  script:
    - echo "$BERTH_SECRET" | docker login ${host} -u ${robot} --password-stdin
    - docker build -t "${host}/${repository}:$CI_COMMIT_SHA" .
    - docker push "${host}/${repository}:$CI_COMMIT_SHA"
`,
    },
  ]
}

function gitlabVouched({ host, origin, robot, repository }: SnippetPlace): readonly Snippet[] {
  return [
    {
      label: '.gitlab-ci.yml',
      text: `image:
  image: docker:28
  services: [docker:28-dind]
  id_tokens:
    BERTH_TOKEN:
      aud: ${origin}
  script:
    - docker build -t "${host}/${repository}:$CI_COMMIT_SHA" .
    - echo "$BERTH_TOKEN" | docker login ${host} -u ${robot} --password-stdin
    - docker push "${host}/${repository}:$CI_COMMIT_SHA"
`,
    },
  ]
}

function jenkins({ host, robot, repository }: SnippetPlace): readonly Snippet[] {
  return [
    {
      label: `Jenkinsfile, with a credential "berth": user name ${robot}, and the secret`,
      text: `pipeline {
  agent any
  stages {
    stage('Image') {
      steps {
        withCredentials([usernamePassword(credentialsId: 'berth',
            usernameVariable: 'BERTH_USER', passwordVariable: 'BERTH_SECRET')]) {
          sh '''
            echo "$BERTH_SECRET" | docker login ${host} -u "$BERTH_USER" --password-stdin
            docker build -t "${host}/${repository}:$BUILD_NUMBER" .
            docker push "${host}/${repository}:$BUILD_NUMBER"
          '''
        }
      }
    }
  }
}
`,
    },
  ]
}

function kubernetes({ host, robot, repository }: SnippetPlace): readonly Snippet[] {
  return [
    {
      label: 'Once in a namespace, with the secret in $BERTH_SECRET',
      text: `kubectl create secret docker-registry berth --docker-server=${host} \\
  --docker-username=${robot} --docker-password="$BERTH_SECRET"
`,
    },
    {
      label: 'In a pod, or in its service account',
      text: `spec:
  imagePullSecrets:
    - name: berth
  containers:
    - name: app
      image: ${host}/${repository}:latest
`,
    },
  ]
}

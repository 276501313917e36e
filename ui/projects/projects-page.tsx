import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useChange } from '../api/change.ts'
import { api, bodyOf } from '../api/client.ts'
import { useMe } from '../api/me.ts'
import { readPages } from '../api/read.ts'
import { Badge } from '../kit/badge.tsx'
import { Button } from '../kit/button.tsx'
import { CheckField, Form, TextField, textOf } from '../kit/form.tsx'
import { List } from '../kit/list.tsx'
import { Modal } from '../kit/modal.tsx'
import { Ago } from '../kit/time.tsx'
import { Title } from '../kit/title.tsx'
import { FirstPush } from './first-push.tsx'

const PROJECTS = readPages('/projects')

export function ProjectsPage() {
  const [makes, setMakes] = useState(false)
  const me = useMe()
  return (
    <>
      <Title text="Projects" actions={me && <Button onClick={() => setMakes(true)}>New project</Button>} />
      <List
        label="Projects"
        pages={PROJECTS}
        keyOf={({ name }) => name}
        empty={<FirstPush repository="team/app" />}
        row={({ name, public: isPublic, createdAt }) => (
          <div className="flex flex-wrap items-baseline gap-x-3">
            <Link to="/p/$" params={{ _splat: name }} className="font-medium break-all">
              {name}
            </Link>
            <Badge mood={isPublic ? 'info' : 'plain'}>{isPublic ? 'public' : 'private'}</Badge>
            <span className="text-sm text-soft sm:ml-auto">
              made <Ago at={createdAt} />
            </span>
          </div>
        )}
      />
      {makes && <NewProject onClose={() => setMakes(false)} />}
    </>
  )
}

function NewProject({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate()
  const { mutate, error, isPending } = useChange({
    work: (body: { readonly name: string; readonly public: boolean }) => bodyOf(api.POST('/projects', { body })),
    said: ({ name }) => `The project ${name} was made.`,
    onDone: ({ name }) => void navigate({ to: '/p/$', params: { _splat: name } }),
  })
  return (
    <Modal title="New project" onClose={onClose}>
      <Form
        action="Make the project"
        onCancel={onClose}
        {...{ error, isPending }}
        onSubmit={(data) => mutate({ name: textOf(data, 'name') ?? '', public: data.get('public') !== null })}
      >
        <TextField
          name="name"
          label="Name"
          hint="Everything whose name begins with it and a slash belongs to it. Lower case."
          required
          maxLength={255}
          autoFocus
          autoCapitalize="none"
          spellCheck={false}
        />
        <CheckField name="public" label="Public" hint="Anybody may pull from it, without signing in." />
      </Form>
    </Modal>
  )
}

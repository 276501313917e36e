import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api/client.ts'
import { LiveUpdates } from './api/live.tsx'
import { router } from './router.tsx'
import { applyTheme } from './shell/theme.ts'

/** What was refused is refused again. */
function retry(count: number, error: Error): boolean {
  return count < 2 && !(error instanceof ApiError && error.status < 500)
}

const client = new QueryClient({ defaultOptions: { queries: { retry, staleTime: 10_000 } } })

applyTheme()
const place = document.getElementById('app')
if (place !== null)
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <LiveUpdates />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )

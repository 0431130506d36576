/** How the load balancer tells what happened by itself: for the log, and for whoever follows events. */
export type Report = (
  level: 'info' | 'warn',
  event: string,
  fields: Readonly<Record<string, unknown>>,
) => void

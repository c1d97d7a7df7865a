import { Component, type ReactNode } from 'react';
import { toShownProblem } from '../api/problem.ts';
import { Button } from '../ui/button.tsx';
import { ProblemCard } from '../ui/problem-card.tsx';
import { Page } from './page.tsx';

/** Shows what broke instead of an empty page; another `location` starts afresh. */
export class ErrorBoundary extends Component<
  { children: ReactNode; location: string },
  { error: unknown; at: string }
> {
  override state = { error: undefined as unknown, at: '' };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidUpdate(before: Readonly<{ location: string }>): void {
    if (before.location !== this.props.location && this.state.error !== undefined)
      this.setState({ error: undefined });
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Page title="Something broke">
        <ProblemCard
          problem={toShownProblem(this.state.error)}
          action={<Button onClick={() => location.reload()}>Reload</Button>}
        />
      </Page>
    );
  }
}

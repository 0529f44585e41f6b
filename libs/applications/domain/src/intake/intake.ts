import { accept, type Decider, refuse } from '@grantlog/event-sourcing';

/** What decides between a registration in an organization and that organization's end. */
export type IntakeEvent =
  | { type: 'ApplicationAwaited'; application: number }
  | { type: 'ApplicationLeft'; application: number }
  | { type: 'OrganizationClosed' };

/** Who is awaited may be in the organization, or about to be. */
export type Intake = { readonly closed: boolean; readonly awaited: readonly number[] };

export type IntakeCommand =
  | { readonly type: 'AwaitApplication'; readonly application: number }
  | { readonly type: 'ForgetApplication'; readonly application: number }
  | { readonly type: 'CloseOrganization' };

export const intakeDecider: Decider<Intake, IntakeCommand, IntakeEvent> = {
  initialState: { closed: false, awaited: [] },
  decide: (command, { closed, awaited }) => {
    if (command.type === 'CloseOrganization') return accept(closed ? [] : [{ type: 'OrganizationClosed' }]);
    const { application } = command;
    if (command.type === 'ForgetApplication')
      return accept(awaited.includes(application) ? [{ type: 'ApplicationLeft', application }] : []);
    if (closed) return refuse('closed', 'the organization takes no applications any more');
    // Recorded again when it is awaited already: whoever is about to close looks at it anew.
    return accept([{ type: 'ApplicationAwaited', application }]);
  },
  evolve: (intake, event) => {
    switch (event.type) {
      case 'ApplicationAwaited':
        return intake.awaited.includes(event.application)
          ? intake
          : { ...intake, awaited: [...intake.awaited, event.application] };
      case 'ApplicationLeft':
        return { ...intake, awaited: intake.awaited.filter((id) => id !== event.application) };
      case 'OrganizationClosed':
        return { closed: true, awaited: [] };
      default:
        return intake;
    }
  },
};

/** The applications of an organization and those on their way into it. */
export const intakeStream = (organization: number): string => `application-organization-${organization}`;

// What the person was told, newest first, and where a tap on it leads.
import { useMutation } from 'urql';
import { graphql } from '../gql';
import type { NoticePartsFragment } from '../gql/graphql';
import { useLiveQuery } from '../live';
import { Button, Pending, Screen, when } from '../ui';

graphql(`fragment NoticeParts on Notification { id kind title body readAt createdAt target { screen id } }`);

const NOTICES = graphql(`query Notices { notifications(first: 50) { nodes { ...NoticeParts } } unreadNotificationCount }`);

const READ = graphql(`mutation MarkRead($ids: [ID!], $all: Boolean) {
  markNotificationsRead(ids: $ids, all: $all) { unreadCount }
}`);

/** The screens of this app that notifications lead to; others stay here. */
export function screenOf({ target }: NoticePartsFragment) {
  if (target.screen === 'ORDER') return `#/order/${target.id}`;
  return target.screen === 'WALLET' ? '#/wallet' : '#/notices';
}

export function NoticesScreen() {
  const [{ data, error }] = useLiveQuery({ query: NOTICES, requestPolicy: 'cache-and-network' });
  const [{ fetching }, markRead] = useMutation(READ);
  if (!data) return <Pending title="Notifications" error={error} />;
  const { nodes } = data.notifications;
  return (
    <Screen title="Notifications">
      {nodes.length === 0 && <p className="empty">Nothing yet.</p>}
      {data.unreadNotificationCount > 0 && <Button busy={fetching} onClick={() => markRead({ all: true })}>Mark all as read</Button>}
      <ul className="lines">
        {nodes.map((notice) => (
          <li key={notice.id}>
            <a className={notice.readAt ? '' : 'unread'} href={screenOf(notice)} onClick={() => markRead({ ids: [notice.id] })}>
              <strong>{notice.title}</strong>
              <span>{notice.body}</span>
              <small>{when(notice.createdAt)}</small>
            </a>
          </li>
        ))}
      </ul>
    </Screen>
  );
}

// Pages in place of one that cannot be shown: an unknown address, a missing project, a server that is silent.
import { Link } from "wouter";
import { ApiError } from "../api/client";

export function ErrorPage({ error }: { error: Error }) {
  const missing = error instanceof ApiError && error.status === 404;
  const silent = error instanceof ApiError && error.status === 0;
  return (
    <main className="message-page" data-testid="error-page">
      <h1>{missing ? "There is nothing here" : silent ? "The server does not answer" : "This page could not be read"}</h1>
      <p>{silent ? "It may have been stopped. Start it again, and this page comes back when you reload it." : error.message}</p>
      <p className="message-actions">
        <button type="button" className="button" onClick={() => location.reload()}>
          Reload
        </button>
        <Link href="/" className="button">
          All projects
        </Link>
      </p>
    </main>
  );
}

export function NotFound() {
  return (
    <main className="message-page" data-testid="not-found">
      <h1>No page has this address</h1>
      <p>The link may be cut short. Projects are listed on the first page.</p>
      <p className="message-actions">
        <Link href="/" className="button">
          All projects
        </Link>
      </p>
    </main>
  );
}

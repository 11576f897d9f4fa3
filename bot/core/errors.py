"""Everything that can go wrong, by who can do something about it.

VoxlineError
├── ConfigError            the operator wrote something we cannot use
├── StateError             the state directory cannot be used (locked, newer, corrupt); exit status 78
├── StoreUnavailable       the disk is full or the database is locked: nothing was written, try again
├── ProviderError          the model provider did not give an answer
│   ├── ProviderBusy       408, 429, 5xx, network: trying again later may help
│   ├── KeyRefused         401, 403 without moderation, or no key at all
│   ├── OutOfCredit        402, or a key that reached its limit
│   ├── ModelMissing       404: another model may answer
│   ├── Moderated          the request was declined for its content
│   ├── ContextTooLong     413, or the model says the conversation does not fit
│   ├── BadRequest         400, 422 and other refusals of the request as written
│   └── BadAnswer          the provider answered something that makes no sense, or the job failed
├── ChannelError           a chat platform did not do what it was asked
│   ├── NotSent            certainly not delivered: try again (after `retry_after`)
│   ├── MaybeSent          its delivery is uncertain
│   ├── Undeliverable      never will be delivered: blocked, gone, forbidden
│   ├── FetchFailed        an attachment cannot be fetched
│   └── ChannelDown        the channel cannot work until the operator acts (token, intents)
├── MediaError             sound or pictures that are unsafe, too long, empty or broken
└── Blocked                the guard refused to talk to an address

`str(error)` is for the operator: what, with the value; where; what to do. `error.tell` is one plain
sentence for the person in the chat, without blame and without jargon. Neither ever holds a secret.
"""

from __future__ import annotations


class VoxlineError(Exception):
    """The root. `tell` is what the person in the chat reads."""

    tell = "Something failed on my side. Please try again, or start over with /new."

    def __init__(self, message: str, *, tell: str | None = None) -> None:
        super().__init__(message)
        if tell is not None:
            self.tell = tell


class ConfigError(VoxlineError):
    """A setting that cannot be used. Names file, line, key path and the fix."""

    def __init__(self, message: str, *, path: str = "", file: str = "", line: int | None = None, fix: str = "") -> None:
        where = ":".join(str(part) for part in (file, line) if part)
        place = ": ".join(part for part in (where, path, message) if part)
        super().__init__(f"{place}. {fix}" if fix else place)
        self.message, self.path, self.file, self.line, self.fix = message, path, file, line, fix


class StateError(VoxlineError):
    """The state directory cannot be used. The process ends with status 78 and must not be restarted."""


class StoreUnavailable(VoxlineError):
    """Nothing was written: the disk is full, or another process holds the database."""

    tell = "I cannot save anything right now. Please try again in a minute."


class ProviderError(VoxlineError):
    """The provider did not give an answer. `status` is the HTTP status, or None when there was none; `detail` are the
    provider's own words, uncut."""

    tell = "The model service had a problem. Please try again."

    def __init__(
        self,
        message: str,
        *,
        tell: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        detail: str = "",
    ) -> None:
        super().__init__(message, tell=tell)
        self.status, self.retry_after, self.detail = status, retry_after, detail or message


class ProviderBusy(ProviderError):
    """Trying again later may help. `retry_after` is what the provider asked for, in seconds."""

    tell = "The model is busy. Please try again in a moment."


class KeyRefused(ProviderError):
    """No key, or the provider does not accept it."""

    tell = "The model key was refused. The owner of this bot needs to check it."


class OutOfCredit(ProviderError):
    """Not enough credit. `affordable_tokens` is what the provider said it could still pay for."""

    tell = "The model account is out of credit. The owner of this bot needs to top it up."

    def __init__(
        self,
        message: str,
        *,
        tell: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        detail: str = "",
        affordable_tokens: int | None = None,
    ) -> None:
        super().__init__(message, tell=tell, status=status, retry_after=retry_after, detail=detail)
        self.affordable_tokens = affordable_tokens


class ModelMissing(ProviderError):
    """The model or every route to it is gone."""

    tell = "That model is not available. Choose another with /model."


class Moderated(ProviderError):
    """The request or the answer was declined for its content."""

    tell = "The model service declined this for its content."


class ContextTooLong(ProviderError):
    """The conversation does not fit the model."""

    tell = "This conversation has grown too long for the model. Start afresh with /new."


class BadRequest(ProviderError):
    """The provider refused the request as written."""

    tell = "The model service did not accept this request."


class BadAnswer(ProviderError):
    """The provider answered something that makes no sense, or the job failed."""

    tell = "The model service sent back something broken. Please try again."


class ChannelError(VoxlineError):
    """A chat platform did not do what it was asked."""


class NotSent(ChannelError):
    """Certainly not delivered. `retry_after` is in seconds, or None when the platform named no time."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MaybeSent(ChannelError):
    """It may have been delivered: the connection broke after the request was sent."""


class Undeliverable(ChannelError):
    """Never will be delivered as it is. `gone` means the whole conversation is (blocked, deleted);
    `moved_to` names the chat that took its place. `tell` says why, after what could not be delivered."""

    tell = "The chat refused it."

    def __init__(self, message: str, *, tell: str | None = None, gone: bool = False, moved_to: str = "") -> None:
        super().__init__(message, tell=tell)
        self.gone, self.moved_to = gone, moved_to


class FetchFailed(ChannelError):
    """An attachment cannot be fetched: too large, expired, or the platform does not answer."""

    tell = "I could not load that file. Please send it again."


class ChannelDown(ChannelError):
    """The channel cannot work until the operator acts: token refused, intent missing, second poller.

    `retry_after` says after how many seconds connecting again is worthwhile and harmless; None: not at all."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MediaError(VoxlineError):
    """Sound or a picture that is unsafe, too long, empty or broken."""

    tell = "I could not read that file."


class Blocked(VoxlineError):
    """The guard refused an address or a scheme."""

    tell = "I am not allowed to open that address."

"""The director's delays. Published ones are in the trade's manuals; ours are the defaults, each with its reason."""

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds, but for the thresholds (probabilities) and the counts.

    ============================  ==================================================================================
    ``confirm_button_ms``         speech heard before it counts, at a microphone that its holder has opened
    ``confirm_voice_ms``          the same without a button: only the voice detector says so; a clear voice needs less
    ``backchannel_ms``            the president, while a speaker takes breath: longer than an « oui, d'accord »
    ``insist_ms``                 speech over somebody else's, or in his pause, that wants the floor
    ``pause_ms``                  a speaker silent for this long is not spoken over: the next needs no more than confirm
    ``done_ms``                   a speaker silent for this long has ended his sentence: the next needs no more than confirm either,
                                  whatever the microphones
    ``gap_ms``                    a silence between two words, which does not end a burst of speech
    ``word_ms``                   speech, believed, that makes a silent holder of the floor go on: no neighbour's syllable
    ``hold_ms``                   the floor stays with who had it for this long after his last word
    ``least_shot_ms``             no shot is shorter, safety apart
    ``silence_ms``                nobody speaks: the wide shot
    ``overlap_ms``                two speak at once for longer: a shot with both
    ``exchanges``, ``exchange_window_ms``, ``exchange_shot_ms``
                                  so many changes of speaker within the window: a shot with both, for at least so long
    ``calm_ms``                   they have stopped answering each other when one has spoken for so long
    ``monologue_ms``, ``cutaway_ms``   after so long on one speaker, something else for so long
    ``settle_ms``                 after a camera arrived: focus, exposure and white balance come to rest
    ``patience_ms``               a camera that will be ready within this is waited for; else a good shot covers the move
    ``resume_ms``                 after a person's act the director comes back
    ``title_ms``, ``title_again_ms``   how long a name stays on; silent for so long, the name comes again
    ``voice_on``, ``voice_off``   probability of speech above which it begins, below which it ends
    ``voice_clear``               mean probability of a voice that nobody would take for a cough
    ============================  ==================================================================================
    """

    confirm_button_ms: int = 400
    confirm_voice_ms: int = 700
    backchannel_ms: int = 800
    insist_ms: int = 1200
    pause_ms: int = 600
    done_ms: int = 900
    gap_ms: int = 300
    word_ms: int = 200
    hold_ms: int = 2000
    least_shot_ms: int = 3000
    silence_ms: int = 6000
    overlap_ms: int = 2000
    exchanges: int = 3
    exchange_window_ms: int = 12_000
    exchange_shot_ms: int = 5000
    calm_ms: int = 3000
    monologue_ms: int = 40_000
    cutaway_ms: int = 5000
    settle_ms: int = 400
    patience_ms: int = 1000
    resume_ms: int = 15_000
    title_ms: int = 8000
    title_again_ms: int = 60_000
    voice_on: float = 0.6
    voice_off: float = 0.35
    voice_clear: float = 0.8

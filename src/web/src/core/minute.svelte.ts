/** The time to the minute, for ages: what reads it is worded anew once a minute, while the page is seen. */
const MINUTE = 60_000;

class Minute {
  now = $state.raw(new Date());

  constructor() {
    setInterval(() => this.#turn(), MINUTE);
    document.addEventListener("visibilitychange", () => this.#turn());
  }

  #turn(): void {
    if (document.visibilityState === "visible") this.now = new Date();
  }
}

export const minute = new Minute();

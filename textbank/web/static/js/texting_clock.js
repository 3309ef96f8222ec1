// <time data-zone="America/New_York"> shows what time it is there.
function refresh(root = document) {
  for (const time of root.querySelectorAll("time[data-zone]")) {
    const zone = time.dataset.zone;
    time.textContent = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeStyle: "short" }).format(new Date());
  }
}

refresh();
setInterval(refresh, 20_000);

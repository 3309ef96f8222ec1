// [data-offline] is seen while there is no network.
const notice = document.querySelector("[data-offline]");
const show = () => {
  notice.hidden = navigator.onLine;
};

show();
addEventListener("online", show);
addEventListener("offline", show);

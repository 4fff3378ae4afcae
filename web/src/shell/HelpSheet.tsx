// The sheet of keys.
import { closeDialog, Dialog } from "../ui/dialogs";
import { KEY_HELP } from "./keys";

export function HelpSheet() {
  return (
    <Dialog label="Keyboard">
      <div className="help">
        <h2>Keyboard</h2>
        <dl>
          {KEY_HELP.map(({ keys, meaning }) => (
            <div key={meaning}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p>Drag across a chart to zoom in; every point in the window is read again. Double-click to see all.</p>
        <button type="button" className="button" onClick={closeDialog}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

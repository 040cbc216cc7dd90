import { heldHere } from '../../usecases/keep';
import { start } from '../parts/start';
import Mine from './Mine.svelte';
import { patientWords } from './words';

void start(Mine, patientWords);
heldHere();
